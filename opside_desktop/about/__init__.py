"""What this program is: version, build, and the licences of all it is made of."""
