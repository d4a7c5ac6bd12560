package dev.scaling.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A rule on the text of the repository's files. */
@SuppressWarnings("ImmutableEnumChecker") // its functions hold no state
enum SourceRule {
  FILE_OF_400_LINES_AT_MOST(files -> longer(files, SourceFile::isJava, 400)),

  TEST_OF_300_LINES_AT_MOST(files -> longer(files, file -> file.isJava() && file.isTest(), 300)),

  SCRIPT_OF_60_LINES_AT_MOST(files -> longer(files, SourceRule::isScript, 60)),

  CORE_STAYS_SMALL(SourceRule::core),

  SCRIPT_HAS_A_HEADER(files -> each(files, SourceRule::isScript, SourceRule::missingHeader)),

  NO_SYNCHRONIZED(files -> lines(
      files, file -> file.isJava() && file.isPublished(), SourceFile::code, "\\bsynchronized\\b")),

  NOTHING_LEFT_TO_DO(
      files -> lines(files, file -> true, SourceFile::text, "\\b(TODO|FIXME|XXX)\\b")),

  NO_TEST_DISABLED(
      files -> lines(files, SourceFile::isJava, SourceFile::code, "@Disabled|@RepeatedIfExc")),

  NO_TEST_SLEEPS(files ->
      lines(files, SourceFile::isTest, SourceFile::code, "\\bThread\\s*\\.\\s*sleep|\\.sleep\\(")),

  SUPPRESSION_SAYS_WHY(files ->
      lines(files, SourceFile::isJava, SourceFile::text, "^\\s*@SuppressWarnings\\((?!.*//).*$")),

  ONE_WORD_FOR_A_THING(files -> lines(
      files,
      file -> file.isJava() && file.isPublished(),
      SourceFile::code,
      "\\b(?i:l[12]|\\w*(coalesc|dedup|single_?flight|near_?cache)\\w*)\\b"
          + "|\\b[lL][12](?=[A-Z_])\\w*|\\b\\w+(Ms|Secs|Mins|MS)\\b")),

  NO_TOKENS_IN_A_LIMITER(files -> lines(
      files,
      file -> file.isJava() && file.isPublished() && file.module().equals("scaling-concurrency"),
      SourceFile::code,
      "\\b(?i:(?!\\w*fencingToken)\\w*token\\w*)\\b")),

  NO_REGISTRY(files -> lines(
      files,
      file -> true,
      SourceFile::text,
      "https?://(repo\\d*|registry|mirrors?|nexus|artifactory|packages|deb|archive)[.-][\\w.-]+"
          + "|<(mirror|repository|pluginRepository|distributionManagement)>"
          + "|\\b(distributionUrl|\"resolved\")\\s*[=:]")),

  NO_PATH_OF_A_MACHINE(files -> lines(
      files,
      file -> true,
      SourceFile::text,
      "(?<![\\w.$}*-])/(home|root|Users|work)/\\w|\\b[A-Z]:\\\\\\\\?Users\\b"));

  private static final int CORE_FILES = 35;
  private static final int CORE_LINES = 3_000;

  private final Function<List<SourceFile>, List<String>> check;

  SourceRule(Function<List<SourceFile>, List<String>> check) {
    this.check = check;
  }

  /** Returns where files break the rule. */
  List<String> violations(List<SourceFile> files) {
    return check.apply(files.stream().filter(file -> !file.isExempt()).toList());
  }

  private static boolean isScript(SourceFile file) {
    return file.path().endsWith(".lua");
  }

  private static String missingHeader(SourceFile file) {
    String header = String.join(
        "\n", file.lines().stream().takeWhile(line -> line.startsWith("--")).toList());
    for (String word : List.of("KEYS", "ARGV", "returns", "time", "source")) {
      if (!Pattern.compile("(?m)^--\\s+" + word + "\\b").matcher(header).find()) {
        return "its header lacks " + word;
      }
    }
    return "";
  }

  private static List<String> core(List<SourceFile> files) {
    var core = files.stream()
        .filter(file -> file.isJava() && file.isPublished() && file.module().equals("scaling-core"))
        .toList();
    int lines = core.stream().mapToInt(file -> file.lines().size()).sum();
    return core.size() <= CORE_FILES && lines <= CORE_LINES
        ? List.of()
        : List.of("scaling-core: " + core.size() + " files, " + lines + " lines");
  }

  private static List<String> longer(
      List<SourceFile> files, Predicate<SourceFile> scope, int most) {
    return each(files, scope, file -> {
      int lines = file.lines().size();
      return lines <= most ? "" : lines + " lines";
    });
  }

  private static List<String> lines(
      List<SourceFile> files,
      Predicate<SourceFile> scope,
      Function<SourceFile, String> text,
      String forbidden) {
    var pattern = Pattern.compile(forbidden);
    var violations = new ArrayList<String>();
    for (SourceFile file : files) {
      if (scope.test(file)) {
        List<String> lines = text.apply(file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
          if (pattern.matcher(lines.get(i)).find()) {
            violations.add(file.path() + ":" + (i + 1) + ": " + lines.get(i).strip());
          }
        }
      }
    }
    return violations;
  }

  private static List<String> each(
      List<SourceFile> files, Predicate<SourceFile> scope, Function<SourceFile, String> fault) {
    return files.stream()
        .filter(scope)
        .filter(file -> !fault.apply(file).isEmpty())
        .map(file -> file.path() + ": " + fault.apply(file))
        .toList();
  }
}
