package dev.scaling.resilience.shed;

import dev.scaling.resilience.context.CallContext;
import org.jspecify.annotations.Nullable;

/** What a shedder is to those who come: the shipped one, or one with a mistake in it. */
interface Door {

  /** Lets somebody in, and returns how to leave; or {@code null}. */
  @Nullable
  Runnable tryEnter(Priority priority, String caller);

  /** The shipped shedder. */
  static Door of(Shedder shedder) {
    return (priority, caller) -> {
      var admission = shedder.tryAdmit(CallContext.none(), priority, caller);
      return admission == null ? null : admission::close;
    };
  }
}
