"""Pictures in: files become one tensor of tiles."""
