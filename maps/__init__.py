"""Floor 3: draws the live picture. Imports only the words of the floors below."""
