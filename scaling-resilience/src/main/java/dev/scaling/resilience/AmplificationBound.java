package dev.scaling.resilience;

/** How many attempts a call makes on average at most, under a {@link RetryBudget}. */
final class AmplificationBound {

  /*
   * Each attempt fails with probability p, independently; a call makes at most k. A call takes out
   * cost * (p^2 + ... + p^k) on average for retries that fail, and puts in ratio * (1 - p). Up to the p
   * where these are equal the budget does not run dry, and calls make 1 + p + ... + p^(k-1) attempts. Beyond
   * it, failed retries are what is put in, and the rest of them grows less: ratio * (1 - p) / (cost * p) a
   * call. So the worst is where both meet, or p = 1 if they do not.
   */

  private static final int STEPS = 60; // halvings: to the last bit

  private AmplificationBound() {}

  static double of(double ratio, int attempts, double cost) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < STEPS; i++) {
      double p = (low + high) / 2;
      if (cost * p * retries(p, attempts) <= ratio * (1 - p)) {
        low = p;
      } else {
        high = p;
      }
    }
    return 1 + retries(low, attempts);
  }

  /** Returns how many retries a call makes on average if each is granted. */
  private static double retries(double p, int attempts) {
    double all = 0;
    double power = 1;
    for (int i = 1; i < attempts; i++) {
      power *= p;
      all += power;
    }
    return all;
  }
}
