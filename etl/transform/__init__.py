"""Transform: records to points; pure."""
