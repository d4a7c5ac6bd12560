package dev.scaling.cache.protocol;

/**
 * What the environment may still do; bounds that keep the model finite.
 *
 * @param expiries how many more leases or fences may expire
 * @param losses how many more messages may be lost
 */
record Faults(int expiries, int losses) {

  Faults expire() {
    return new Faults(expiries - 1, losses);
  }

  Faults lose() {
    return new Faults(expiries, losses - 1);
  }
}
