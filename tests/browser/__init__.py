"""Tests in Chromium against the real service: gunicorn and the worker on a database of their own."""
