// How this process treats the memory of tensors that are gone.
#pragma once

namespace lmkor::kernels {

// Keeps freed memory for the next tensors instead of handing it back to the system: a step makes the same large tensors
// as the one before, and fresh pages cost more than many an operator (15 % of a small model's step). Call it first in
// main(). Does nothing where the C library is not glibc.
void keep_freed_memory();

}  // namespace lmkor::kernels
