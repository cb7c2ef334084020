//! Structure matching, strict recovery and the statistics of match rates.
