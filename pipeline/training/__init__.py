"""Training the project's own policies. Needs the `train` environment (`make train-env`); nothing else imports this."""
