package dev.scaling.examples.collapse;

import dev.scaling.concurrency.collapse.Batcher;
import dev.scaling.concurrency.collapse.Collapser;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A hundred callers ask for one report, and a hundred for a user each: how often is the source
 * asked?
 *
 * <p>Run: {@code mvn -q -B -ntp -Pcollapse -pl examples -am -DskipTests package}
 */
public final class CollapseMain {

  private static final int CALLERS = 100;

  private CollapseMain() {}

  /** Runs both, and prints what they cost. */
  public static void main(String[] args) {
    run(System.out);
  }

  static void run(PrintStream out) {
    try (Collapser<String, String> reports =
        Collapser.<String, String>builder("reports").build()) {
      var source = new CompletableFuture<String>(); // a slow one: it answers when all have asked
      List<CompletableFuture<String>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(reports.runAsync("daily", () -> source));
      }
      callers.get(0).cancel(true); // disturbs nobody
      source.complete("all is well");
      long served =
          callers.stream().filter(caller -> serves(caller, "all is well")).count();
      out.println(served + " callers served by " + reports.snapshot().leaders() + " execution");
    }
    try (Batcher<Integer, String> users =
        Batcher.builder("users", CollapseMain::findAll).maximumSize(50).build()) {
      List<CompletableFuture<String>> callers = new ArrayList<>();
      for (int id = 0; id < CALLERS; id++) {
        callers.add(users.loadAsync(id));
      }
      callers.forEach(CompletableFuture::join);
      out.println(users.snapshot().keys() + " users found");
    }
  }

  private static boolean serves(CompletableFuture<String> caller, String value) {
    return !caller.isCancelled() && value.equals(caller.join());
  }

  private static Map<Integer, String> findAll(Set<Integer> ids) {
    Map<Integer, String> found = new HashMap<>();
    ids.forEach(id -> found.put(id, "user " + id));
    return found;
  }
}
