//! Forward models of powder X-ray diffraction and their exact gradients.
