"""Bringing version 0.1's rows over: its events become sightings, doubles are hidden."""
