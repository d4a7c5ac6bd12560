package dev.scaling.core.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of a component that was not given any. */
public final class Threads {

  private static final int FIRST_WITH_VIRTUAL_THREADS = 21;

  private Threads() {}

  /** Returns an executor with a virtual thread a task, or daemon threads before JDK 21. */
  public static ExecutorService create(String component) {
    if (Runtime.version().feature() >= FIRST_WITH_VIRTUAL_THREADS) {
      try {
        var handle = MethodHandles.publicLookup()
            .findStatic(
                Executors.class,
                "newVirtualThreadPerTaskExecutor",
                MethodType.methodType(ExecutorService.class));
        return (ExecutorService) handle.invokeExact();
      } catch (Throwable e) {
        throw new LinkageError("JDK 21 and later have virtual threads", e);
      }
    }
    return Executors.newCachedThreadPool(daemons("scaling-" + component + "-"));
  }

  private static ThreadFactory daemons(String prefix) {
    var number = new AtomicInteger();
    return work -> {
      var thread = new Thread(work, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
