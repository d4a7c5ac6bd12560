package dev.scaling.resilience.context;

import org.jspecify.annotations.Nullable;

/** What others have written into a header: anything, of any length. */
final class HeaderText {

  private static final int MOST_CHARACTERS = 32; // of a number

  private HeaderText() {}

  /**
   * Returns a whole number of ASCII digits, with a minus or without; if it is too large, the
   * greatest or least of its type. Anything else is {@code null}.
   */
  static @Nullable Long number(@Nullable String text) {
    String digits = trimmed(text, MOST_CHARACTERS);
    boolean isNegative = digits.startsWith("-");
    if (isNegative) {
      digits = digits.substring(1);
    }
    if (digits.isEmpty()) {
      return null;
    }
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return null;
      }
      value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
    }
    return isNegative ? -value : value;
  }

  static boolean isYes(@Nullable String text) {
    String value = trimmed(text, MOST_CHARACTERS);
    return value.equals("1") || value.equalsIgnoreCase("true");
  }

  /** Returns the text without blanks and tabs around it; empty if it is missing or too long. */
  static String trimmed(@Nullable String text, int mostCharacters) {
    if (text == null || text.length() > mostCharacters) {
      return "";
    }
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (from < to && isBlank(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isBlank(char character) {
    return character == ' ' || character == '\t';
  }
}
