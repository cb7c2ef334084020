//! Losses between two powder patterns, with gradients.
