"""The lane graph and routes; readers of map files."""
