package dev.scaling.resilience.shed;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** How many requests each caller has here. */
final class Callers {

  /*
   * Only callers who have a request here are known, so that there are never more of them than places
   * taken, whatever names they give themselves. A caller's count is raised only while the map holds its
   * entry; a place is taken in there too, in one step with the look at the count. Whoever names no caller
   * does not come here.
   */

  private static final int MOST_CHARACTERS = 256;

  private final Places places;
  private final ConcurrentMap<String, Count> counts = new ConcurrentHashMap<>();

  Callers(Places places) {
    this.places = places;
  }

  /** Returns what stands for a caller: no more of its name than one wants to keep and compare. */
  static String key(String caller) {
    return caller.length() <= MOST_CHARACTERS ? caller : caller.substring(0, MOST_CHARACTERS);
  }

  /** Takes a place for a caller if there is one, and if the caller has not too many. */
  Verdict tryTake(Priority priority, String key) {
    var verdict = places.look(priority, /* ofCaller= */ 0);
    if (verdict != Verdict.ADMITTED) {
      return verdict; // at the cost of a read, while there is no place for anybody
    }
    var attempt = new Attempt(priority);
    counts.compute(key, attempt::take);
    return attempt.verdict;
  }

  /** Gives a caller's place back. */
  void release(String key) {
    counts.compute(key, (same, count) -> {
      places.release();
      if (count == null) {
        throw new IllegalStateException("a place given back twice");
      }
      count.requests--;
      return count.requests == 0 ? null : count;
    });
  }

  /** Returns how many callers have a request here. */
  int size() {
    return counts.size();
  }

  /** What happens while the map holds an entry. */
  private final class Attempt {

    Verdict verdict = Verdict.ADMITTED;
    private final Priority priority;

    Attempt(Priority priority) {
      this.priority = priority;
    }

    @Nullable
    Count take(String key, @Nullable Count known) {
      verdict = places.tryTake(priority, known == null ? 0 : known.requests);
      if (verdict != Verdict.ADMITTED) {
        return known;
      }
      var count = known == null ? new Count() : known;
      count.requests++;
      return count;
    }
  }

  /** Changed only while the map holds its entry. */
  private static final class Count {

    int requests;
  }
}
