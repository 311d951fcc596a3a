// lmkor-model: the commands that need libtorch; started by lmkor.
#include "lmkor/cli/model/handlers.h"
#include "lmkor/kernels/memory.h"

int main(int argc, char** argv) {
  lmkor::kernels::keep_freed_memory();
  return lmkor::cli::run_program({"lmkor-model", lmkor::cli::model_handlers(), lmkor::cli::model_facts}, argc, argv);
}
