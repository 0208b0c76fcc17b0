"""The parts of the frame around the pages."""
