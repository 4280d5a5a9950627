"""How people sign up and in: allauth, fitted to the house."""
