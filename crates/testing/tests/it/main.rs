//! The whole product, as its operators see it: the real programs, watched from outside.

mod product;
