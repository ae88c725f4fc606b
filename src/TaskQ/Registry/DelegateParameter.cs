using System.Reflection;
using System.Runtime.CompilerServices;

namespace TaskQ.Registry;

/// <summary>A parameter as reflection shows it: its type is the delegate's, its name, attributes and default are the method's.</summary>
internal sealed class DelegateParameter(int position, ParameterInfo invoked, ParameterInfo? declared, bool isTarget = false)
{
    public Type Type => invoked.ParameterType;

    public string Name { get; } = declared?.Name ?? invoked.Name ?? $"arg{position + 1}";

    /// <summary>Whether it is the instance that the method is called on.</summary>
    public bool IsTarget { get; } = isTarget;

    public bool IsParams => Has<ParamArrayAttribute>() || Has<ParamCollectionAttribute>();

    public bool IsOptional => Declaring is not null;

    /// <summary>The default value, exactly of the type; null also stands for a zeroed struct.</summary>
    public object? DefaultValue
    {
        get
        {
            object? value = Declaring is { HasDefaultValue: true } declaring ? declaring.DefaultValue : null;
            Type type = Nullable.GetUnderlyingType(Type) ?? Type;
            return value switch
            {
                null or DBNull or Missing => null,
                _ when type.IsInstanceOfType(value) => value,
                _ when type.IsEnum => Enum.ToObject(type, value),
                _ => ImplicitConversion.Find(value.GetType(), type)?.Invoke(value),
            };
        }
    }

    /// <summary>Whether its annotation or type says that it takes null.</summary>
    public bool IsNullable =>
        Nullable.GetUnderlyingType(Type) is not null
        || (!Type.IsValueType
            && HasNullability
            && new NullabilityInfoContext().Create(declared ?? invoked).WriteState == NullabilityState.Nullable);

    // Trimmed applications leave the annotations out, and asking for them would throw.
    private static bool HasNullability =>
        !AppContext.TryGetSwitch("System.Reflection.NullabilityInfoContext.IsSupported", out bool isSupported) || isSupported;

    private ParameterInfo? Declaring =>
        declared is { IsOptional: true } or { HasDefaultValue: true } ? declared
        : invoked is { IsOptional: true } or { HasDefaultValue: true } ? invoked
        : null;

    public TAttribute? Get<TAttribute>()
        where TAttribute : Attribute =>
        declared?.GetCustomAttribute<TAttribute>() ?? invoked.GetCustomAttribute<TAttribute>();

    public bool Has<TAttribute>()
        where TAttribute : Attribute => Get<TAttribute>() is not null;

    /// <summary>Whether it bears an attribute of a library that is not referenced here.</summary>
    public bool Has(string attributeFullName) =>
        declared is not null
        && declared.GetCustomAttributesData().Any(data => data.AttributeType.FullName == attributeFullName);
}
