# Sidekiq: https://github.com/sidekiq/sidekiq/wiki. Settings: concurrency, processes, hiredis, quiet (no log).
# frozen_string_literal: true

require "json"

SCENARIO = ARGV[0]
N = Integer(ARGV[1])
SETTINGS = JSON.parse(ARGV[2] || "{}")
CONSUMES = %w[drain latency work].include?(SCENARIO)

require "hiredis" if SETTINGS["hiredis"]
require "redis"
require "redis/connection/hiredis" if SETTINGS["hiredis"]
require "sidekiq"
require "sidekiq/api"
require "sidekiq/cli" if CONSUMES

# Debian's redis gem is newer than its Sidekiq and would print a warning for each job; other pairs don't.
Redis.silence_deprecations = true
Redis.sadd_returns_boolean = false

TEXT = "someone@example.org"
PRODUCERS = 16
PER_CALL = 1000
LATENCY_WARM_UP = 300
INTERVAL = 0.010
WORK = 0.100 # seconds that a handler of work takes
PATIENCE = 60 # seconds for the first message

# Seconds of the machine's monotonic clock, which all processes share.
def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def report(result)
  $stdout.puts(JSON.generate(result))
  $stdout.flush
end

def percentile(sorted, share) = sorted[((share * sorted.size).ceil - 1).clamp(0, sorted.size - 1)]

# What the handlers did; its fields are set before the first of them runs.
class Counter
  attr_reader :count, :first, :last

  def initialize
    @lock = Mutex.new
    @count = 0
  end

  def add
    @lock.synchronize do
      @last = now
      @first ||= @last
      @count += 1
    end
  end
end

COUNTER = Counter.new
STARTED = Array.new(N + LATENCY_WARM_UP) if SCENARIO == "latency"
LOG = File.open(ENV.fetch("PEER_LOG"), "a").tap { |file| file.sync = true } if SCENARIO == "work"

class NoopJob
  include Sidekiq::Job
  sidekiq_options queue: "jobs"

  def perform(_text, _number) = COUNTER.add
end

class TimedJob
  include Sidekiq::Job
  sidekiq_options queue: "jobs"

  def perform(_text, number)
    STARTED[number] = now
    COUNTER.add
  end
end

class SlowJob
  include Sidekiq::Job
  sidekiq_options queue: "jobs"

  def perform(_text, number)
    LOG.write("S #{number} #{now}\n")
    sleep(WORK)
    LOG.write("E #{number} #{now}\n")
  end
end

def add_many(job, from, to) = job.perform_bulk((from...to).map { |i| [TEXT, i] })

def add_all
  case SCENARIO
  when "add" then N.times { |i| NoopJob.perform_async(TEXT, i) }
  when "add16"
    PRODUCERS.times.map { |p| Thread.new { p.step(N - 1, PRODUCERS) { |i| NoopJob.perform_async(TEXT, i) } } }.each(&:join)
  when "addrange" then 0.step(N - 1, PER_CALL) { |from| add_many(NoopJob, from, [N, from + PER_CALL].min) }
  else raise ArgumentError, "Sidekiq has no #{SCENARIO}"
  end
end

def measure_adds
  NoopJob.perform_async(TEXT, 0) # opens a connection
  queue = Sidekiq::Queue.new("jobs")
  queue.clear
  start = now
  add_all
  seconds = now - start
  raise "#{N} jobs were added, the queue holds #{queue.size}" if queue.size != N

  report(n: N, seconds: seconds)
end

# Ends at n jobs, or a second after the last one because other processes had the rest.
def drain
  $stdout.puts("ready")
  $stdout.flush
  $stdin.gets
  start = now
  Thread.new do
    until COUNTER.count == N
      idle = now - (COUNTER.last || start)
      break if idle > (COUNTER.last && SETTINGS.fetch("processes", 1) > 1 ? 1 : PATIENCE)

      sleep(0.002)
    end
    report(start: start, first: COUNTER.first, last: COUNTER.last, count: COUNTER.count)
    exit!(0)
  end
end

# An idle worker and one job each 10 ms: from the call of perform_async to the start of the handler.
def latency
  Thread.new do
    sleep(1)
    all = N + LATENCY_WARM_UP
    added = Array.new(all)
    start = now
    all.times do |i|
      wait = start + i * INTERVAL - now
      sleep(wait) if wait.positive?
      added[i] = now
      TimedJob.perform_async(TEXT, i)
    end
    sleep(0.01) until COUNTER.count == all
    milliseconds = (LATENCY_WARM_UP...all).map { |i| (STARTED[i] - added[i]) * 1e3 }.sort
    report(n: N, p50_ms: percentile(milliseconds, 0.50), p99_ms: percentile(milliseconds, 0.99))
    exit!(0)
  end
end

Sidekiq.logger = nil if SETTINGS["quiet"]
if CONSUMES
  cli = Sidekiq::CLI.instance
  concurrency = SETTINGS["concurrency"] ? ["-c", SETTINGS["concurrency"].to_s] : []
  cli.parse(["-e", "production", "-q", "jobs", "-r", __FILE__, *concurrency])
  Sidekiq.redis = { url: ENV.fetch("PEER_URL"), size: Sidekiq.options[:concurrency] + 5 }
  Sidekiq.on(:startup) { send(SCENARIO) } if SCENARIO != "work"
  cli.run(boot_app: false) # this file is the application
else
  Sidekiq.redis = { url: ENV.fetch("PEER_URL"), size: PRODUCERS }
  case SCENARIO
  when "fill"
    job = SETTINGS["work"] ? SlowJob : NoopJob
    0.step(N - 1, PER_CALL) { |from| add_many(job, from, [N, from + PER_CALL].min) }
    report(n: N)
  else measure_adds
  end
end
