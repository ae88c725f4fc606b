using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TaskQ.Solution.Tests.PublicApi;

/// <summary>Writes what a user of a type can see of it, a line for each member.</summary>
internal sealed class MemberText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly NullabilityInfoContext _nullability = new();

    /// <summary>The lines of a type's visible members, sorted.</summary>
    public IEnumerable<string> Of(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type)
                .Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}");
        }

        if (type.IsSubclassOf(typeof(Delegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return [$"{Result(invoke)} Invoke({Parameters(invoke)})"];
        }

        var fields = type.GetFields(Declared).Where(IsVisible).Select(field => (field.Name, Text: Field(field)));
        var properties = type.GetProperties(Declared).Where(IsVisible).Select(property => (property.Name, Text: Property(property)));
        var events = type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => (e.Name, Text: Event(e)));
        var methods = type.GetMethods(Declared).Where(IsListed).Select(method => (method.Name, Text: Method(method)));
        return type.GetConstructors(Declared)
            .Where(IsVisible)
            .Select(Constructor)
            .Order(StringComparer.Ordinal)
            .Concat(fields.Concat(properties)
                .Concat(events)
                .Concat(methods)
                .OrderBy(member => member.Name, StringComparer.Ordinal)
                .ThenBy(member => member.Text, StringComparer.Ordinal)
                .Select(member => member.Text));
    }

    /// <summary>The attributes that change what a caller may do.</summary>
    public static string Attributes(MemberInfo member)
    {
        string text = "";
        foreach (CustomAttributeData attribute in member.GetCustomAttributesData())
        {
            text += attribute.AttributeType.Name switch
            {
                // The compiler's own, for compilers that don't know required members.
                nameof(ObsoleteAttribute) when member.IsDefined(typeof(CompilerFeatureRequiredAttribute)) => "",
                nameof(ObsoleteAttribute) => attribute.ConstructorArguments is [_, { Value: true }] ? "[Obsolete(error)] " : "[Obsolete] ",
                "RequiresUnreferencedCodeAttribute" => "[RequiresUnreferencedCode] ",
                "RequiresDynamicCodeAttribute" => "[RequiresDynamicCode] ",
                "ExperimentalAttribute" => "[Experimental] ",
                _ => "",
            };
        }

        return text;
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(PropertyInfo property) => property.GetAccessors(nonPublic: true).Any(IsVisible);

    // Accessors are shown with their property; what the compiler adds to a record is known by the word "record".
    private static bool IsListed(MethodInfo method) =>
        IsVisible(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && (method.Name == "Deconstruct" || !method.IsDefined(typeof(CompilerGeneratedAttribute)));

    private string Constructor(ConstructorInfo constructor) =>
        $"{Attributes(constructor)}{Access(constructor)}{TypeNames.Of(constructor.DeclaringType!)}({Parameters(constructor)})";

    private string Field(FieldInfo field)
    {
        string type = TypeNames.Of(field.FieldType, _nullability.Create(field));
        return field.IsLiteral
            ? $"{Attributes(field)}const {type} {field.Name} = {Value(field.GetRawConstantValue())}"
            : $"{Attributes(field)}{(field.IsPublic ? "" : "protected ")}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private string Property(PropertyInfo property)
    {
        string accessors = string.Join(
            " ",
            new[] { property.GetMethod, property.SetMethod }
                .Where(accessor => accessor is not null && IsVisible(accessor))
                .Select(accessor => Accessor(property, accessor!)));
        string name = property.GetIndexParameters() is { Length: > 0 } index ? $"this[{Parameters(index)}]" : property.Name;
        MethodInfo first = property.GetMethod ?? property.SetMethod!;
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Attributes(property)}{Modifiers(first)}{required}{TypeNames.Of(property.PropertyType, _nullability.Create(property))} {name} {{ {accessors} }}";
    }

    private static string Accessor(PropertyInfo property, MethodInfo accessor)
    {
        string access = accessor.IsPublic || property.GetAccessors(nonPublic: true).All(a => !a.IsPublic) ? "" : "protected ";
        bool isInit = accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
        return access + (accessor == property.GetMethod ? "get;" : isInit ? "init;" : "set;");
    }

    private string Event(EventInfo e) =>
        $"{Attributes(e)}{Modifiers(e.AddMethod!)}event {TypeNames.Of(e.EventHandlerType!, _nullability.Create(e))} {e.Name}";

    private string Method(MethodInfo method)
    {
        string generics = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>"
            : "";
        return $"{Attributes(method)}{Modifiers(method)}{Result(method)} {method.Name}{generics}({Parameters(method)}){Constraints(method)}";
    }

    private string Result(MethodInfo method) =>
        TypeNames.Of(method.ReturnType, _nullability.Create(method.ReturnParameter));

    private static string Constraints(MethodInfo method) =>
        method.IsGenericMethod ? string.Concat(method.GetGenericArguments().Select(ApiText.Constraints)) : "";

    private string Parameters(MethodBase method)
    {
        string extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return extension + Parameters(method.GetParameters());
    }

    private string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(Parameter));

    private string Parameter(ParameterInfo parameter)
    {
        string kind = !parameter.ParameterType.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        string array = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string text = $"{kind}{array}{TypeNames.Of(parameter.ParameterType, _nullability.Create(parameter))} {parameter.Name}";
        return parameter.HasDefaultValue ? $"{text} = {Value(parameter.DefaultValue)}" : text;
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        string access = method.DeclaringType!.IsInterface ? "" : Access(method);
        return access
            + (method.IsStatic ? "static " : "")
            + (method.DeclaringType.IsInterface ? method.IsAbstract || method.IsStatic ? "" : "default "
                : method.IsAbstract ? "abstract "
                : !method.IsVirtual || method.IsFinal ? ""
                : method.GetBaseDefinition() != method ? "override "
                : "virtual ");
    }

    private static string Value(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
