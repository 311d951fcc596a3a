// lmkor: the program that users start. It handles the text commands and hands the others to lmkor-model.
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"

int main(int argc, char** argv) {
  return lmkor::cli::run_program({"lmkor", lmkor::cli::text_handlers(), [] { return lmkor::base::Json(); }}, argc,
                                 argv);
}
