"""The web application: pages for patients and clinicians, and the HTTP API."""
