"""The sample data of REQUIREMENTS.md chapter 7: invented people and enterprises to try the service with."""
