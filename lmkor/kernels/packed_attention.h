// Attention over packed rows: sequences lie one behind the other without padding.
#pragma once
