package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.locks.HistoryEvent.Kind;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process of its own, or one of its threads, that takes locks, counts under them, and notes what
 * it sees in a file that outlives it, until it is killed.
 */
final class LockChild {

  private static final int THREADS = 2;

  private static final String READ = "c"; // the lock that some only read under

  // The semaphore twice: it takes more callers than permits.
  private static final List<String> NAMES =
      List.of("a", "b", READ, Locker.SEMAPHORE, Locker.SEMAPHORE);

  private final Locker locker;
  private final boolean isRenewed;
  private final int process;
  private final int thread;
  private final Random random;
  private final FencedRegister.Client register;
  private final OutputStream history;

  private LockChild(Locker locker, String[] args, int thread) throws IOException {
    this.locker = locker;
    isRenewed = Locker.Kind.valueOf(args[0]) == Locker.Kind.RENEWED;
    process = Integer.parseInt(args[2]);
    this.thread = thread;
    random = new Random(Long.parseLong(args[3]) * THREADS + thread);
    register = new FencedRegister.Client(Integer.parseInt(args[4]));
    history = new FileOutputStream(file(Path.of(args[1]), process, thread).toFile());
  }

  /**
   * Arguments: the kind of locks, the directory of the histories, the process's number, the seed,
   * the port of the register, and the addresses of the nodes.
   */
  public static void main(String[] args) throws Exception {
    var locker = Locker.Kind.valueOf(args[0]).connect(List.of(args).subList(5, args.length));
    for (int thread = 0; thread < THREADS; thread++) {
      var child = new LockChild(locker, args, thread);
      var worker = new Thread(child::go);
      worker.setDaemon(true);
      worker.start();
    }
    while (System.in.read() >= 0) {} // until who started it has gone
    Runtime.getRuntime().halt(0);
  }

  static Path file(Path directory, int process, int thread) {
    return directory.resolve("history-" + process + "-" + thread);
  }

  private void go() {
    while (true) {
      String lock = NAMES.get(random.nextInt(NAMES.size()));
      boolean reads = locker.hasReaders() && lock.equals(READ) && random.nextInt(3) > 0;
      note(lock, reads ? Kind.ASKED_TO_READ : Kind.ASKED, 0, 0);
      var wait = Duration.ofMillis(700L * random.nextInt(4));
      var holding = reads ? locker.read(lock, wait) : locker.acquire(lock, wait);
      if (holding.isPresent()) {
        hold(holding.get(), reads);
        pass(random.nextInt(30));
      } else {
        note(lock, Kind.REFUSED, 0, 0);
        pass(random.nextInt(100));
      }
    }
  }

  /** Now and then for longer than it may. */
  private void hold(Locker.Holding holding, boolean reads) {
    String lock = holding.lock();
    long token = holding.fencingToken();
    note(lock, Kind.ACQUIRED, token, 0);
    if (isRenewed) {
      note(lock, Kind.EXTENDING, token, 0);
    }
    long lease = Locker.LEASE.toMillis();
    long millis = random.nextInt(4) == 0 ? lease + random.nextLong(1_000) : random.nextLong(100);
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    sample(lock, holding);
    use(lock, token, reads);
    while (System.nanoTime() - until < 0) {
      pass(random.nextInt(40));
      sample(lock, holding);
      if (!isRenewed && random.nextInt(20) == 0) {
        note(lock, Kind.EXTENDING, token, 0);
        holding.extend();
        note(lock, Kind.EXTENDED, token, 0);
      }
    }
    use(lock, token, reads);
    sample(lock, holding);
    note(lock, Kind.RELEASING, token, 0);
    holding.release();
  }

  private void sample(String lock, Locker.Holding holding) {
    long before = System.nanoTime();
    boolean isValid = holding.isValid();
    long remaining = holding.remaining().toNanos();
    long taken = System.nanoTime() - before; // at most so much later did it say what remains
    write(new HistoryEvent(
        before,
        process,
        thread,
        lock,
        isValid ? Kind.VALID : Kind.INVALID,
        holding.fencingToken(),
        remaining + taken));
  }

  /** Counts, or only reads. */
  private void use(String lock, long token, boolean reads) {
    long value = register.read(lock, token);
    if (value != FencedRegister.Client.REFUSED && !reads) {
      pass(random.nextInt(5));
      value = register.write(lock, token, value + 1);
    }
    boolean isRefused = value == FencedRegister.Client.REFUSED;
    note(lock, isRefused ? Kind.REGISTER_REFUSED : reads ? Kind.READ : Kind.WROTE, token, value);
  }

  private void note(String lock, Kind kind, long token, long number) {
    write(new HistoryEvent(System.nanoTime(), process, thread, lock, kind, token, number));
  }

  private void write(HistoryEvent event) {
    try {
      history.write((event + "\n").getBytes(UTF_8)); // not buffered here
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pass(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
