"""The authority's books: people, enterprises, registrations with their certificates, and numbers."""
