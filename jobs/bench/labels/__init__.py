"""What step labels cost and how right they are: one recorded pool of rollouts, replayed by every strategy."""
