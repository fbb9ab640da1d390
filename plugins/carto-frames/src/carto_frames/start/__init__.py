"""What each interpreter below `carto frames` runs at its start: this directory is on its PYTHONPATH."""
