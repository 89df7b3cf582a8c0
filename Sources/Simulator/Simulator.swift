/// Simulator
