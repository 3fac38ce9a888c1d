"""What has happened, running or over: instances, activities, tasks, incidents, variables, each within one's scope."""
