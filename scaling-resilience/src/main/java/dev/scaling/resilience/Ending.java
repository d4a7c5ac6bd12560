package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/** How a call ended. */
enum Ending {
  /** Its first attempt succeeded. */
  FIRST_SUCCESS,

  /** A retry or a hedge did. */
  SUCCESS,

  FAILURE,

  /** It was refused, here or by what it called. */
  REJECTED,

  /** It, or its last attempt, took too long. */
  TIMEOUT,

  /** Its deadline was over before it began, and nothing was sent. */
  LATE,

  /** Its caller did not want it any more. */
  CANCELLED;

  static Ending of(Throwable failure) {
    if (failure instanceof RejectedException) {
      return REJECTED;
    }
    return failure instanceof DeadlineExceededException
            || failure instanceof Attempt.TimedOutException
            || failure instanceof TimeoutException
        ? TIMEOUT
        : FAILURE;
  }

  /** Returns its word in telemetry. */
  String word() {
    return switch (this) {
      case FIRST_SUCCESS -> SUCCESS.word();
      case LATE -> TIMEOUT.word();
      default -> name().toLowerCase(Locale.ROOT);
    };
  }
}
