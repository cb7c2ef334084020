//! One recovery problem: parametrisation, objective, projection, strategy, outcome.
