package dev.scaling.examples.catalogue;

import java.util.stream.LongStream;

/** Products that no trace asks for: their ids are negative. */
final class Aside {

  /** How many products are in the news, one for each flash crowd. */
  static final int CROWDS = 10;

  private static final int WARM_UP = 1_000;

  private Aside() {}

  /** Returns a product to warm up with, so that the measured requests find the JVMs compiled. */
  static long warmUpId(int request) {
    return -1L - request % WARM_UP;
  }

  /** Returns a product in the news: it has many reviews, so its page takes the database long. */
  static long crowdId(int crowd) {
    return -1L - WARM_UP - crowd;
  }

  static LongStream ids() {
    return LongStream.rangeClosed(crowdId(CROWDS - 1), -1);
  }
}
