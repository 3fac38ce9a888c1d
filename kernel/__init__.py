"""What every room may use and nothing of ours stands below: errors, clocks, actors, permission, settings."""
