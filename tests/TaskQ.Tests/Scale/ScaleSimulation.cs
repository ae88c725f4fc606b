using TaskQ.Scale;

namespace TaskQ.Tests.Scale;

/// <summary>
/// A discrete-event simulation of a consumer under the real scalers: fetchers fill a bounded buffer, workers drain it,
/// the CPU is shared equally by who needs it (processor sharing), a downstream serves its slots in order.
/// </summary>
internal sealed class ScaleSimulation
{
    private readonly SimulatedLoad _load;
    private readonly Random _random;
    private readonly WorkerScaler _workerScaler;
    private readonly FetcherScaler _fetcherScaler;
    private readonly PriorityQueue<(Kind Kind, int Id), (double Time, long Order)> _events = new();
    private readonly PriorityQueue<Running, double> _onCpu = new();
    private readonly Queue<Running> _forSlot = new();
    private readonly Queue<double> _buffer = new();
    private readonly Dictionary<int, Running> _waiting = [];
    private readonly HashSet<Running> _running = [];
    private readonly List<(double Time, int Workers)> _targets = [];
    private long _order;
    private int _nextId;
    private double _now;
    private double _cpuVirtual;
    private double _cpuUpdated;
    private int _cpuVersion;
    private int _slotsUsed;
    private int _ready;
    private int _reserving;
    private int _fetching;
    private int _fetchers;
    private int _workers;
    private bool _lastFetchFull;
    private double _lastTick;

    // Of the interval.
    private double _busyTime;
    private double _busyUpdated;
    private double _starvedTime;
    private double _cpuUsed;
    private double _completedTime;
    private int _completed;
    private int _failed;
    private int _fresh;
    private double _freshTime;
    private int _fetches;
    private int _fullFetches;

    private ScaleSimulation(SimulatedLoad load)
    {
        _load = load;
        _random = new Random(load.Seed);
        _workerScaler = new WorkerScaler(load.MinWorkers, load.MaxWorkers, load.Cores);
        _fetcherScaler = new FetcherScaler(load.MinFetchers, load.MaxFetchers, ScaleRules.SlowFetch);
        _ready = load.Backlog;
        _workers = load.MinWorkers;
        _fetchers = load.MinFetchers;
        _targets.Add((0, _workers));
    }

    private enum Kind
    {
        Arrival,
        Fetched,
        Waited,
        SlotDone,
        CpuDone,
        Tick,
    }

    /// <summary>The number of workers asked for, from each moment on.</summary>
    public IReadOnlyList<(double Time, int Workers)> Targets => _targets;

    public long TotalCompleted { get; private set; }

    public int MostRunning { get; private set; }

    public int Fetchers => _fetchers;

    public double EndedAt => _now;

    public static ScaleSimulation Run(SimulatedLoad load)
    {
        var simulation = new ScaleSimulation(load);
        simulation.Run();
        return simulation;
    }

    /// <summary>When the target first reached a number of workers; infinity for never.</summary>
    public double Reached(int workers)
    {
        foreach ((double time, int target) in _targets)
        {
            if (target >= workers)
            {
                return time;
            }
        }

        return double.PositiveInfinity;
    }

    /// <summary>The least, mean and most workers asked for in a time.</summary>
    public (int Least, double Mean, int Most) Workers(double from, double to)
    {
        int least = int.MaxValue, most = 0;
        double sum = 0;
        for (int i = 0; i < _targets.Count; i++)
        {
            double start = Math.Max(from, _targets[i].Time);
            double end = Math.Min(to, i + 1 < _targets.Count ? _targets[i + 1].Time : double.PositiveInfinity);
            if (end > start)
            {
                least = Math.Min(least, _targets[i].Workers);
                most = Math.Max(most, _targets[i].Workers);
                sum += _targets[i].Workers * (end - start);
            }
        }

        return (least, sum / (to - from), most);
    }

    private void Run()
    {
        Schedule(_load.FirstTick, Kind.Tick);
        if (_load.Arrivals is not null)
        {
            Schedule(NextArrival(), Kind.Arrival);
        }

        Fetch();
        while (_events.TryDequeue(out (Kind Kind, int Id) next, out (double Time, long Order) at))
        {
            if (at.Time > _load.Until || IsDrained())
            {
                break;
            }

            _now = at.Time;
            Handle(next.Kind, next.Id);
        }
    }

    private bool IsDrained() =>
        _load.Arrivals is null && _ready == 0 && _reserving == 0 && _buffer.Count == 0 && _running.Count == 0;

    private void Handle(Kind kind, int id)
    {
        switch (kind)
        {
            case Kind.Arrival:
                if (_random.NextDouble() * _load.PeakArrivals < _load.Arrivals!(_now))
                {
                    _ready++;
                }

                Schedule(NextArrival(), Kind.Arrival);
                Fetch();
                break;
            case Kind.Fetched:
                Fetched(id);
                break;
            case Kind.Waited:
                _waiting.Remove(id, out Running? waited);
                UseCpu(waited!);
                break;
            case Kind.SlotDone:
                _waiting.Remove(id, out Running? served);
                _slotsUsed--;
                if (_forSlot.TryDequeue(out Running? first))
                {
                    TakeSlot(first);
                }

                StartWait(served!);
                break;
            case Kind.CpuDone when id == _cpuVersion:
                UpdateCpu();
                Finish(_onCpu.Dequeue());
                ScheduleCpu();
                break;
            case Kind.Tick:
                Tick();
                break;
        }
    }

    private double NextArrival() => _now - (Math.Log(1 - _random.NextDouble()) / _load.PeakArrivals);

    private void Schedule(double time, Kind kind, int id = 0)
    {
        if (double.IsFinite(time))
        {
            _events.Enqueue((kind, id), (time, _order++));
        }
    }

    private void Fetch()
    {
        while (_fetching < _fetchers && !(_load.Paused?.Invoke(_now) ?? false))
        {
            int asked = Math.Min(_load.Batch, _load.Buffer - _buffer.Count - _reserving);
            int got = Math.Min(asked, _ready);
            if (got <= 0)
            {
                return;
            }

            _ready -= got;
            _reserving += got;
            _fetching++;
            int id = (got * 4) + (got == asked ? 1 : 0) + (got == _load.Batch ? 2 : 0);
            if (_load.FetchLatency == 0)
            {
                Fetched(id);
            }
            else
            {
                Schedule(_now + _load.FetchLatency, Kind.Fetched, id);
            }
        }
    }

    private void Fetched(int id)
    {
        _fetching--;
        _reserving -= id / 4;
        _lastFetchFull = id % 2 == 1;
        _fetches++;
        _fullFetches += id / 2 % 2;
        for (int i = 0; i < id / 4; i++)
        {
            _buffer.Enqueue(_now);
        }

        StartWork();
        if (_load.FetchLatency > 0)
        {
            Fetch();
        }
    }

    private void StartWork()
    {
        while (_running.Count < _workers && _buffer.Count > 0)
        {
            UpdateBusy();
            _buffer.Dequeue();
            var running = new Running(_nextId++, _now, _targets.Count, _load.Job(_random, _now));
            _running.Add(running);
            MostRunning = Math.Max(MostRunning, _running.Count);
            if (running.Job.Slot == 0)
            {
                StartWait(running);
            }
            else if (_slotsUsed < _load.Slots)
            {
                TakeSlot(running);
            }
            else
            {
                _forSlot.Enqueue(running);
            }
        }
    }

    private void TakeSlot(Running running)
    {
        _slotsUsed++;
        _waiting[running.Id] = running;
        Schedule(_now + running.Job.Slot, Kind.SlotDone, running.Id);
    }

    private void StartWait(Running running)
    {
        if (running.Job.Wait == 0)
        {
            UseCpu(running);
            return;
        }

        _waiting[running.Id] = running;
        Schedule(_now + running.Job.Wait, Kind.Waited, running.Id);
    }

    private void UseCpu(Running running)
    {
        if (running.Job.Cpu == 0)
        {
            Finish(running);
            return;
        }

        UpdateCpu();
        _onCpu.Enqueue(running, _cpuVirtual + running.Job.Cpu);
        ScheduleCpu();
    }

    private double OwnOtherCores => Math.Min(_load.Cores, _load.OwnOtherCores?.Invoke(_now) ?? 0);

    /// <summary>What one of the sharers gets: a core, or its share of those that are left.</summary>
    private double CpuShare()
    {
        double free = Math.Min(_load.FreeCores?.Invoke(_now) ?? _load.Cores, _load.Cores);
        free = Math.Max(free - OwnOtherCores, 0.05 * _load.Cores);
        return _onCpu.Count == 0 ? 0 : Math.Min(1, free / _onCpu.Count);
    }

    private void UpdateCpu()
    {
        double share = CpuShare();
        _cpuVirtual += share * (_now - _cpuUpdated);
        _cpuUsed += (share * _onCpu.Count * (_now - _cpuUpdated)) + (OwnOtherCores * (_now - _cpuUpdated));
        _cpuUpdated = _now;
    }

    private void ScheduleCpu()
    {
        _cpuVersion++;
        if (_onCpu.TryPeek(out _, out double end))
        {
            Schedule(_now + Math.Max(0, (end - _cpuVirtual) / CpuShare()), Kind.CpuDone, _cpuVersion);
        }
    }

    private void Finish(Running running)
    {
        UpdateBusy();
        _running.Remove(running);
        _completed++;
        TotalCompleted++;
        _failed += running.Job.Fails ? 1 : 0;
        _completedTime += _now - running.Start;
        if (running.Epoch == _targets.Count)
        {
            _fresh++;
            _freshTime += _now - running.Start;
        }

        StartWork();
        Fetch();
    }

    private void UpdateBusy()
    {
        _busyTime += _running.Count * (_now - _busyUpdated);
        if (_buffer.Count == 0 && _running.Count < _workers)
        {
            _starvedTime += _now - _busyUpdated;
        }

        _busyUpdated = _now;
    }

    private void Tick()
    {
        UpdateBusy();
        UpdateCpu();
        ScheduleCpu();
        var sample = new ScaleSample
        {
            Elapsed = TimeSpan.FromSeconds(_now - _lastTick),
            Workers = Math.Max(_workers, _running.Count),
            Busy = _running.Count,
            Buffered = _buffer.Count,
            OldestWait = TimeSpan.FromSeconds(_buffer.TryPeek(out double oldest) ? _now - oldest : 0),
            LastFetchFull = _lastFetchFull || _buffer.Count == _load.Buffer,
            Completed = _completed,
            Failed = _failed,
            CompletedTime = TimeSpan.FromSeconds(_completedTime),
            Fresh = _fresh,
            FreshTime = TimeSpan.FromSeconds(_freshTime),
            BusyTime = TimeSpan.FromSeconds(_busyTime),
            CpuUtilization = Math.Min(1, _cpuUsed / ((_now - _lastTick) * _load.Cores)),
            StarvedTime = TimeSpan.FromSeconds(_starvedTime),
            Fetches = _fetches,
            FullFetches = _fullFetches,
            FullFetchTime = TimeSpan.FromSeconds(_fullFetches * _load.FetchLatency),
        };
        (_busyTime, _starvedTime, _cpuUsed, _completedTime) = (0, 0, 0, 0);
        (_completed, _failed, _fetches, _fullFetches) = (0, 0, 0, 0);
        (_fresh, _freshTime) = (0, 0);
        _lastTick = _now;
        _fetchers = _fetcherScaler.Decide(sample);
        int workers = _workerScaler.Decide(sample);
        if (workers != _workers)
        {
            _workers = workers;
            _targets.Add((_now, workers));
        }

        StartWork();
        Fetch();
        Schedule(_now + _load.Tick, Kind.Tick);
    }

    private sealed record Running(int Id, double Start, int Epoch, SimulatedJob Job);
}
