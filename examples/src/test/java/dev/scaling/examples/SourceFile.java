package dev.scaling.examples;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A file of this repository.
 *
 * @param path from the repository's root, with slashes
 */
record SourceFile(String path, String text) {

  private static final Pattern NOT_CODE = Pattern.compile(
      "/\\*.*?\\*/|//[^\\n]*|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'",
      Pattern.DOTALL);

  boolean isJava() {
    return path.endsWith(".java");
  }

  /** Returns whether it is code that users get. */
  boolean isPublished() {
    return path.startsWith("scaling-") && path.contains("/src/main/");
  }

  boolean isTest() {
    return path.contains("/src/test/");
  }

  /** Returns whether it is there to break rules, or names what they forbid. */
  boolean isExempt() {
    return path.startsWith("examples/src/test/java/dev/scaling/examples/violations/")
        || path.endsWith("/dev/scaling/examples/SourceRule.java")
        || path.endsWith("/dev/scaling/examples/SourceRuleTest.java");
  }

  String module() {
    int slash = path.indexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  List<String> lines() {
    return text.lines().toList();
  }

  /** Returns the text without comments, strings and characters, line for line. */
  String code() {
    return NOT_CODE.matcher(text).replaceAll(match -> newlines(match.group()));
  }

  private static String newlines(String removed) {
    return removed
        .chars()
        .filter(c -> c == '\n')
        .mapToObj(c -> "\n")
        .collect(Collectors.joining("", " ", ""));
  }
}
