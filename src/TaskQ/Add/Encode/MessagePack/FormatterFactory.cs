using System.Collections;
using System.Reflection;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Decides how a type is written. All reflection on types is here, in <see cref="MemberScanner"/> and in <see cref="ObjectCompiler{T}"/>.</summary>
internal sealed class FormatterFactory
{
    private const int MaxRank = 4;

    private static readonly Dictionary<Type, MethodInfo> Families = FindFamilies(
        typeof(WrapperFamilies), typeof(ArrayFamilies), typeof(SequenceFamilies), typeof(InterfaceFamilies),
        typeof(ImmutableFamilies), typeof(ConcurrentFamilies), typeof(DictionaryFamilies), typeof(LookupFamilies));

    private readonly FormatterResolver _resolver;
    private readonly LeafTable _leaves = [];

    public FormatterFactory(FormatterResolver resolver, IReadOnlyDictionary<Type, Formatter> users)
    {
        _resolver = resolver;
        NumberFormatters.AddTo(_leaves);
        TextFormatters.AddTo(_leaves);
        TimeFormatters.AddTo(_leaves);
        BinaryFormatters.AddTo(_leaves);
        VectorFormatters.AddTo(_leaves);
        _leaves[typeof(object)] = new DynamicFormatter(resolver);
        foreach (var (type, formatter) in users)
        {
            _leaves[type] = formatter;
        }
    }

    /// <summary>Makes the formatter of a type; its parts come from the resolver.</summary>
    public Formatter Create(Type type)
    {
        if (_leaves.TryGetValue(type, out var leaf))
        {
            return leaf;
        }

        if (Reason(type) is { } reason)
        {
            throw Refused(type, reason);
        }

        if (type.IsEnum)
        {
            return Call(typeof(WrapperFamilies), nameof(WrapperFamilies.Enum), type, Enum.GetUnderlyingType(type));
        }

        if (type.IsArray)
        {
            return type.IsSZArray
                ? Call(typeof(ArrayFamilies), nameof(ArrayFamilies.Array), type.GetElementType()!)
                : Call(typeof(ArrayFamilies), nameof(ArrayFamilies.MultiArray), type, type.GetElementType()!);
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (Families.TryGetValue(definition, out var family))
        {
            return Invoke(family, type.GetGenericArguments());
        }

        return CustomCollection(type) ?? Object(type);
    }

    /// <summary>The error for a type that can't be serialized.</summary>
    public static PayloadException Refused(Type type, string reason) => new(
        $"{TypeNames.Of(type)} can't be serialized: {reason}. Pass another type, or register a formatter with MessagePackOptions.AddFormatter.");

    private static string? Reason(Type type) => type switch
    {
        { ContainsGenericParameters: true } => "it is an open generic type",
        { IsPointer: true } or { IsFunctionPointer: true } or { IsByRef: true } => "it is a pointer",
        { IsArray: true } when type.GetArrayRank() > MaxRank => $"an array may have {MaxRank} dimensions at most",
        { IsByRefLike: true } => "it lives on the stack",
        _ when type == typeof(nint) || type == typeof(nuint) => "its size depends on the machine",
        _ when Is<Delegate>(type) => "it is a delegate",
        _ when Is<Task>(type) || type == typeof(ValueTask) => "it is a running operation",
        _ when Is<Stream>(type) => "it is a stream",
        _ when Is<MemberInfo>(type) || Is<Assembly>(type) => "it describes code, and no type names are written",
        _ when type == typeof(void) || type == typeof(CancellationToken) => "it has no value to write",
        _ => null,
    };

    private static bool Is<T>(Type type) => typeof(T).IsAssignableFrom(type);

    private Formatter? CustomCollection(Type type)
    {
        if (type.IsAbstract || !typeof(IEnumerable).IsAssignableFrom(type))
        {
            return null;
        }

        var creatable = type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null;
        if (creatable && Implemented(type, typeof(IDictionary<,>)) is { } map)
        {
            return Call(typeof(CustomFamilies), nameof(CustomFamilies.Dictionary), [type, .. map.GetGenericArguments()]);
        }

        if (creatable && Implemented(type, typeof(ICollection<>)) is { } list)
        {
            return Call(typeof(CustomFamilies), nameof(CustomFamilies.Collection), [type, .. list.GetGenericArguments()]);
        }

        // Lazy sequences and the like: they can be written wherever the run-time type decides.
        return Implemented(type, typeof(IEnumerable<>)) is { } items
            ? Call(typeof(CustomFamilies), nameof(CustomFamilies.Enumerable), [type, .. items.GetGenericArguments()])
            : null;
    }

    private static Type? Implemented(Type type, Type definition) =>
        type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition);

    private Formatter Object(Type type)
    {
        if (type.IsInterface || type.IsAbstract)
        {
            throw Refused(type, "it is abstract, and a payload never says which type to create");
        }

        var layout = TupleLayouts.Find(type) ?? MemberScanner.Scan(type);
        foreach (var slot in layout.Slots)
        {
            try
            {
                slot.Formatter = _resolver.Get(slot.Type);
            }
            catch (PayloadException exception)
            {
                throw new PayloadException($"{TypeNames.Of(type)}.{slot.Member.Name}: {exception.Message}", exception);
            }
        }

        return (Formatter)Activator.CreateInstance(typeof(ObjectFormatter<>).MakeGenericType(type), layout)!;
    }

    private Formatter Call(Type family, string method, params Type[] arguments) => Invoke(family.GetMethod(method)!, arguments);

    private Formatter Invoke(MethodInfo method, Type[] arguments)
    {
        var closed = method.IsGenericMethodDefinition ? method.MakeGenericMethod(arguments) : method;
        return (Formatter)closed.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [_resolver], null)!;
    }

    // The method of a family says by its result for which type it is.
    private static Dictionary<Type, MethodInfo> FindFamilies(params Type[] families)
    {
        var found = new Dictionary<Type, MethodInfo>();
        foreach (var method in families.SelectMany(f => f.GetMethods(BindingFlags.Public | BindingFlags.Static)))
        {
            var type = method.ReturnType.GetGenericArguments() is [var formatted] ? formatted : null;
            if (type is { IsGenericType: true })
            {
                found.Add(type.GetGenericTypeDefinition(), method);
            }
            else if (type is { IsGenericParameter: false, IsArray: false })
            {
                found.Add(type, method);
            }
        }

        return found;
    }
}
