// Nothing to call: the target is linked for the symbol it defines.
