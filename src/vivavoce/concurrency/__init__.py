"""What runs beside the event loop: model threads, tasks with an owner, calls under way."""
