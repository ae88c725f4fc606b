using System.Collections.Concurrent;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Finds the formatter of a type; makes each once. Belongs to one serializer.</summary>
internal sealed class FormatterResolver
{
    // A generic type can contain itself with ever larger type arguments.
    private const int MaxTypesAtOnce = 200;

    private readonly ConcurrentDictionary<Type, Formatter> _formatters = new();
    private readonly ConcurrentDictionary<Type, object> _codecs = new();
    private readonly FormatterFactory _factory;
    private readonly Lock _gate = new();

    // Guarded by the gate: what is being made, null until it is done, and who waits for it.
    private readonly Dictionary<Type, Formatter?> _making = [];
    private readonly List<(Type Type, IDeferredFormatter Formatter)> _deferred = [];
    private int _depth;

    public FormatterResolver(MessagePackOptions options)
    {
        MaxDepth = options.MaxDepth;
        MaxStringLength = options.MaxStringLength;
        MaxExtensionLength = options.MaxExtensionLength;
        MaxElements = options.MaxElements;
        _factory = new FormatterFactory(this, options.Formatters);
    }

    public int MaxDepth { get; }

    public int MaxStringLength { get; }

    public int MaxExtensionLength { get; }

    public int MaxElements { get; }

    /// <summary>The formatter of a type.</summary>
    /// <exception cref="PayloadException">The type can't be serialized.</exception>
    public Formatter<T> Get<T>() => (Formatter<T>)Get(typeof(T));

    /// <inheritdoc cref="Get{T}"/>
    public Formatter Get(Type type) => _formatters.TryGetValue(type, out var formatter) ? formatter : Make(type);

    /// <summary>The readers and writers of a type of argument.</summary>
    public PayloadCodec<T> GetCodec<T>() => _codecs.TryGetValue(typeof(T), out var codec)
        ? (PayloadCodec<T>)codec
        : (PayloadCodec<T>)_codecs.GetOrAdd(typeof(T), static (_, resolver) => new PayloadCodec<T>(resolver), this);

    private Formatter Make(Type type)
    {
        lock (_gate)
        {
            if (_making.TryGetValue(type, out var made))
            {
                return made ?? Defer(type);
            }

            if (_depth == 0 && _formatters.TryGetValue(type, out var formatter))
            {
                return formatter;
            }

            _depth++;
            _making.Add(type, null);
            try
            {
                if (_depth > MaxTypesAtOnce)
                {
                    throw FormatterFactory.Refused(type, "it contains types without end");
                }

                formatter = _factory.Create(type);
                _making[type] = formatter;
                if (_depth == 1)
                {
                    Publish();
                }

                return formatter;
            }
            finally
            {
                // On failure nothing is kept: what was made may hold a part that will never be.
                if (--_depth == 0)
                {
                    _making.Clear();
                    _deferred.Clear();
                }
            }
        }
    }

    private Formatter Defer(Type type)
    {
        var deferred = (Formatter)Activator.CreateInstance(typeof(DeferredFormatter<>).MakeGenericType(type))!;
        _deferred.Add((type, (IDeferredFormatter)deferred));
        return deferred;
    }

    private void Publish()
    {
        foreach (var (type, deferred) in _deferred)
        {
            deferred.Bind(_making[type]!);
        }

        foreach (var (type, formatter) in _making)
        {
            _formatters.TryAdd(type, formatter!);
        }
    }
}
