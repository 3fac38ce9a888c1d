"""The business record of a process instance: form document, attachments, status, trail, and what people see."""
