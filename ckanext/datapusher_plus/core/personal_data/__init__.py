"""Find personal data: what is looked for, when it is believed, and what follows from it; pure functions."""
