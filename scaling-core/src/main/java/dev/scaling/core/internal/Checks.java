package dev.scaling.core.internal;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Argument checks whose messages name the argument, its allowed range and the value given. */
public final class Checks {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private Checks() {}

  /**
   * Requires that an argument has an allowed value; {@code template} holds one {@code %s} for it.
   */
  public static void argument(boolean allowed, String template, Object value) {
    if (!allowed) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, template, value));
    }
  }

  /** Requires that settings which are each allowed also agree with one another. */
  public static void agreement(boolean agree, String message) {
    if (!agree) {
      throw new IllegalStateException(message);
    }
  }

  /** Requires a duration in a closed range, and returns it. */
  public static Duration duration(String what, Duration value, Duration least, Duration most) {
    notNull(value, what);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          what + " must be in [" + least + ", " + most + "]: " + value);
    }
    return value;
  }

  /** Requires a number in a closed range, and returns it. */
  public static long range(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          what + " must be in [" + least + ", " + most + "]: " + value);
    }
    return value;
  }

  /**
   * Requires a name that may stand in keys, meters, thread names and messages: 1 to 64 letters,
   * digits, dots, dashes and underscores, the first a letter or a digit. A brace would move a Redis
   * key to another slot, and a control character would forge lines of a log.
   */
  public static String name(String what, String value) {
    notNull(value, what);
    if (!NAME.matcher(value).matches()) {
      throw new IllegalArgumentException(what
          + " must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \""
          + printable(value)
          + "\"");
    }
    return value;
  }

  /** Requires an argument that is not {@code null}, and returns it. */
  public static <T> T notNull(@Nullable T value, String what) {
    if (value == null) {
      throw new NullPointerException(what);
    }
    return value;
  }

  /** Returns whether a text holds half a character: all of those become the same byte, '?'. */
  public static boolean hasLoneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          return true;
        }
        i++;
      }
    }
    return false;
  }

  private static String printable(String value) {
    String start = value.length() > 64 ? value.substring(0, 64) + "…" : value;
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
