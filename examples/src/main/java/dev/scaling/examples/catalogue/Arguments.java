package dev.scaling.examples.catalogue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the driver was asked for.
 *
 * @param trace a recorded trace, or {@code null} to generate one
 * @param requests how many to send; of a recorded trace at most
 * @param seed of everything that is drawn
 */
record Arguments(@Nullable Path trace, int requests, long seed) {

  static final String USAGE = "usage: [--trace FILE] [--requests N] [--seed N]";

  private static final int DEFAULT_REQUESTS = 60_000;
  private static final long DEFAULT_SEED = 42;
  private static final int LEAST_REQUESTS = 100;
  private static final int MOST_REQUESTS = 10_000_000;

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is none; the message is for people
   */
  static Arguments parse(String... args) {
    Path trace = null;
    Integer requests = null;
    long seed = DEFAULT_SEED;
    for (int i = 0; i < args.length; i += 2) {
      switch (args[i]) {
        case "--trace" -> trace = file(value(args, i));
        case "--requests" ->
          requests = (int) number("--requests", value(args, i), LEAST_REQUESTS, MOST_REQUESTS);
        case "--seed" -> seed = number("--seed", value(args, i), Long.MIN_VALUE, Long.MAX_VALUE);
        default -> throw new IllegalArgumentException("unknown argument " + args[i]);
      }
    }
    if (requests == null) {
      requests = trace == null ? DEFAULT_REQUESTS : MOST_REQUESTS;
    }
    return new Arguments(trace, requests, seed);
  }

  private static String value(String[] args, int option) {
    if (option + 1 == args.length) {
      throw new IllegalArgumentException(args[option] + " needs a value");
    }
    return args[option + 1];
  }

  private static Path file(String value) {
    Path file = Path.of(value);
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IllegalArgumentException("--trace must be a file that can be read: " + value);
    }
    return file;
  }

  private static long number(String option, String value, long least, long most) {
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw new IllegalArgumentException(
        option + " must be a number in [" + least + ", " + most + "]: " + value);
  }
}
