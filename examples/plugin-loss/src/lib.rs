//! A loss and an optimizer that live outside Braggscape and use nothing but its published seams.

mod huber;
mod sign_descent;

pub use huber::Huber;
pub use sign_descent::SignDescent;
