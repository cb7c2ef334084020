//! Objectives, optimizers and the driver that runs them; knows no crystallography.
