using System.Linq.Expressions;

namespace TaskQ.Registry;

/// <summary>Finds what C# converts implicitly between two types, and enums to and from their numbers.</summary>
/// <remarks>Rules: chapter 10.2 of the C# specification, https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/conversions.</remarks>
internal static class ImplicitConversion
{
    /// <summary>A compiled conversion from one boxed value to another, null when there is none.</summary>
    public static Func<object, object>? Find(Type from, Type to)
    {
        ParameterExpression boxed = Expression.Parameter(typeof(object), "value");
        Type target = Nullable.GetUnderlyingType(to) ?? to;
        Expression? converted = Convert(Expression.Convert(boxed, from), from, target);
        return converted is null
            ? null
            : Expression.Lambda<Func<object, object>>(Expression.Convert(converted, typeof(object)), boxed).Compile();
    }

    /// <summary>Whether a value of one type is taken where the other is expected, without a conversion of the user's.</summary>
    public static bool IsStandard(Type from, Type to) => to.IsAssignableFrom(from) || IsNumeric(from, to);

    /// <summary>Whether C# has an implicit numeric conversion between two types.</summary>
    public static bool IsNumeric(Type from, Type to)
    {
        if (from.IsEnum || to.IsEnum)
        {
            return false;
        }

        TypeCode target = Type.GetTypeCode(to);
        return Type.GetTypeCode(from) switch
        {
            TypeCode.SByte => target is TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 || IsFraction(target),
            TypeCode.Byte => target is TypeCode.Int16 or TypeCode.UInt16 || IsUInt16Wider(target),
            TypeCode.Int16 => target is TypeCode.Int32 or TypeCode.Int64 || IsFraction(target),
            TypeCode.UInt16 => IsUInt16Wider(target),
            TypeCode.Char => target is TypeCode.UInt16 || IsUInt16Wider(target),
            TypeCode.Int32 => target is TypeCode.Int64 || IsFraction(target),
            TypeCode.UInt32 => target is TypeCode.Int64 or TypeCode.UInt64 || IsFraction(target),
            TypeCode.Int64 or TypeCode.UInt64 => IsFraction(target),
            TypeCode.Single => target is TypeCode.Double,
            _ => false,
        };
    }

    private static bool IsUInt16Wider(TypeCode target) =>
        target is TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64 or TypeCode.UInt64 || IsFraction(target);

    private static bool IsFraction(TypeCode target) => target is TypeCode.Single or TypeCode.Double or TypeCode.Decimal;

    private static Expression? Convert(Expression value, Type from, Type to)
    {
        if (IsNumeric(from, to))
        {
            return Expression.Convert(value, to);
        }

        if (from.IsEnum && !to.IsEnum)
        {
            Type number = from.GetEnumUnderlyingType();
            return number == to || IsNumeric(number, to)
                ? Expression.Convert(Expression.Convert(value, number), to)
                : UserDefinedConversion.Find(value, from, to);
        }

        // A literal is an int whatever the enum's own number is, so any integer converts that fits.
        if (to.IsEnum && !from.IsEnum && IsInteger(from))
        {
            return Expression.Convert(Expression.ConvertChecked(value, to.GetEnumUnderlyingType()), to);
        }

        return UserDefinedConversion.Find(value, from, to);
    }

    private static bool IsInteger(Type type) =>
        Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.UInt64;
}
