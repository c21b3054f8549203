"""Model + Case -> probabilities, exactly."""
